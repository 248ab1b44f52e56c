package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.protobuf.Empty;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A {@link KubeletVolume} of which the guest has a copy, and gets what the host changes: the new
 * version's directory, then the link to it, on which the guest removes the version before, then the
 * names that are new.
 */
final class FollowedVolume implements AutoCloseable {
  private static final long POLL_MILLIS = 500;

  private final EventLoop loop;
  private final Consumer<String> warn;
  private final FileCopies.Volume volume;
  private final DetachedMount mount;
  private String version;
  private String warned = "";
  private Optional<EventLoop.Timer> timer = Optional.empty();
  private boolean closed;

  /**
   * For a volume that was copied.
   *
   * @param warn told in a sentence when the copy is not up to date
   * @param mount the volume's, which is closed with this
   * @param version that the guest has at least
   */
  FollowedVolume(
      EventLoop loop,
      Consumer<String> warn,
      FileCopies.Volume volume,
      DetachedMount mount,
      String version) {
    this.loop = loop;
    this.warn = warn;
    this.volume = volume;
    this.mount = mount;
    this.version = version;
  }

  /** Begins to look for changes. */
  void follow(ContainerFiles.Guest guest) {
    if (!closed) {
      timer = Optional.of(loop.schedule(POLL_MILLIS, () -> poll(guest)));
    }
  }

  private void poll(ContainerFiles.Guest guest) {
    try {
      Optional<String> current = KubeletVolume.version(mount.top().procPath());
      if (current.isEmpty() || current.get().equals(version)) {
        follow(guest);
        return;
      }
      List<CopyFileRequest> pieces = pieces(current.get());
      if (KubeletVolume.version(mount.top().procPath()).equals(current)) {
        send(guest, current.get(), pieces.iterator());
      } else {
        // It was replaced meanwhile, and what was read of it may not be all.
        follow(guest);
      }
    } catch (LinuxException | SandboxException e) {
      tryAgain(guest, e);
    }
  }

  private List<CopyFileRequest> pieces(String next) {
    List<CopyFileRequest> pieces = new ArrayList<>();
    FileCopies copies = new FileCopies(pieces::add);
    String path = mount.top().procPath();
    copies.send(volume, mount.top(), next);
    copies.send(volume, mount.top(), KubeletVolume.DATA);
    for (String name : Files.list(path)) {
      if (KubeletVolume.isName(path, name)) {
        copies.send(volume, mount.top(), name);
      }
    }
    return pieces;
  }

  /** One after the other: the link must not lead to a version that is not whole. */
  private void send(ContainerFiles.Guest guest, String next, Iterator<CopyFileRequest> pieces) {
    if (closed) {
      // The guest removes what the container had.
      return;
    }
    if (!pieces.hasNext()) {
      version = next;
      warned = "";
      follow(guest);
      return;
    }
    guest.copy(
        pieces.next(),
        new AgentClient.Callback<Empty>() {
          @Override
          public void answered(Empty response) {
            send(guest, next, pieces);
          }

          @Override
          public void failed(AgentException failure) {
            tryAgain(guest, failure);
          }
        });
  }

  /** The copy is as it was. */
  private void tryAgain(ContainerFiles.Guest guest, RuntimeException failure) {
    String reason = failure.getMessage();
    if (!closed && !reason.equals(warned)) {
      warned = reason;
      warn.accept("the copy of the volume '" + volume.source() + "' is not up to date: " + reason);
    }
    follow(guest);
  }

  /** Looks no more. */
  @Override
  public void close() {
    closed = true;
    timer.ifPresent(EventLoop.Timer::cancel);
    mount.close();
  }
}
