package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.sandbox.disk.ContainerDisks;
import java.util.List;
import java.util.function.Consumer;

/** What a container gets to see of the host's files. Closing it takes that back. */
public sealed interface ContainerFiles extends GuestSpec.VolumeLender, AutoCloseable
    permits SharedFiles, CopiedFiles {
  /**
   * Makes the directory {@code spec.root.path} the container's root.
   *
   * @return the root's path in the guest
   */
  String addRoot(Spec spec);

  /**
   * Makes a container's root from an image that stays as it is.
   *
   * @param writable a directory for what the container writes, if that is kept on the host
   * @return the root's path in the guest
   */
  String addImage(String image, String writable);

  /** The container's disks. */
  ContainerDisks disks();

  /** What the guest has to mount besides the disks. */
  List<Storage> storages();

  /** Sends what the guest has to have copies of. */
  void send(Consumer<CopyFileRequest> guest);

  /** Sends, from now on until this is closed, what of that changes on the host. */
  void follow(Guest guest);

  /** A guest that takes copies of files. */
  interface Guest {
    /** Sends a piece without waiting. */
    void copy(CopyFileRequest piece, AgentClient.Callback<Empty> answer);
  }

  @Override
  void close();
}
