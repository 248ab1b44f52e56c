package dev.bulkhead.agent.storage;

import dev.bulkhead.agent.device.Arrival;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.ResizeVolumeRequest;
import dev.bulkhead.agentapi.VolumeCondition;
import dev.bulkhead.agentapi.VolumeStatsRequest;
import dev.bulkhead.agentapi.VolumeStatsResponse;
import dev.bulkhead.agentapi.VolumeUnit;
import dev.bulkhead.agentapi.VolumeUsage;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.FileSystem;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.List;
import java.util.Optional;

/** The requests of the host that are about volumes: how full they are, and that they grow. */
public final class Volumes {
  private static final int SECTOR = 512;

  private final EventLoop loop;

  public Volumes(EventLoop loop) {
    this.loop = loop;
  }

  /** Offers them. */
  public void register(ServiceRegistry registry) {
    registry.on(AgentService.GET_VOLUME_STATS, this::statistics);
    registry.on(AgentService.RESIZE_VOLUME, this::resize);
  }

  private void statistics(VolumeStatsRequest request, Responder<VolumeStatsResponse> responder)
      throws RpcException {
    try (Fd volume = open(request.volumeGuestPath())) {
      FileSystem status = FileSystem.of(volume);
      responder.succeed(
          VolumeStatsResponse.DEFAULT
              .withUsage(
                  List.of(
                      usage(
                          VolumeUnit.BYTES,
                          status.blocks() * status.blockSize(),
                          status.freeBlocks() * status.blockSize(),
                          status.availableBlocks() * status.blockSize()),
                      usage(
                          VolumeUnit.INODES,
                          status.inodes(),
                          status.freeInodes(),
                          status.freeInodes())))
              .withVolumeCondition(VolumeCondition.DEFAULT));
    } catch (LinuxException e) {
      throw new RpcException(Code.INTERNAL, e.getMessage());
    }
  }

  private static VolumeUsage usage(VolumeUnit unit, long total, long free, long available) {
    return VolumeUsage.DEFAULT
        .withUnit(unit)
        .withTotal(total)
        .withUsed(total - free)
        .withAvailable(available);
  }

  /** The disk has its new size as soon as the kernel has heard of it. */
  private void resize(ResizeVolumeRequest request, Responder<Empty> responder) throws RpcException {
    try (Fd volume = open(request.volumeGuestPath())) {
      FileStatus status = Files.status(volume);
      String size = "/sys/dev/block/" + status.deviceMajor() + ":" + status.deviceMinor() + "/size";
      if (!Files.exists(size)) {
        throw new RpcException(
            Code.INVALID_ARGUMENT, "'" + request.volumeGuestPath() + "' is on no disk");
      }
      Arrival.await(
          loop,
          () ->
              Long.parseLong(Files.readText(size).trim()) * SECTOR < request.size()
                  ? Optional.of(request.volumeGuestPath())
                  : Optional.empty(),
          () -> grow(request, responder),
          path ->
              responder.fail(
                  new RpcException(
                      Code.DEADLINE_EXCEEDED, "the disk of '" + path + "' has not grown")));
    } catch (LinuxException e) {
      throw new RpcException(Code.INTERNAL, e.getMessage());
    }
  }

  private static void grow(ResizeVolumeRequest request, Responder<Empty> responder) {
    try (Fd volume = open(request.volumeGuestPath())) {
      FileSystem.of(volume).growExt4(volume, request.size());
      responder.succeed(Empty.DEFAULT);
    } catch (LinuxException e) {
      responder.fail(new RpcException(Code.INTERNAL, e.getMessage()));
    }
  }

  private static Fd open(String path) {
    return Files.open(path, Open.O_RDONLY | Open.O_DIRECTORY);
  }
}
