package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.shimapi.TaskStatus;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessLifeTest {
  private final ProcessLife life = new ProcessLife("container 'c'");
  private final List<Integer> told = new ArrayList<>();

  @Test
  void goesFromCreatedToStopped() throws RpcException {
    life.onExit(exit -> told.add(exit.code()));
    assertEquals(TaskStatus.CREATED, life.status());
    life.starting();
    assertEquals(TaskStatus.CREATED, life.status());
    life.started();
    assertEquals(TaskStatus.RUNNING, life.status());
    life.checkPausable();
    life.paused();
    assertEquals(TaskStatus.PAUSED, life.status());
    life.checkResumable();
    life.resumed();
    assertTrue(life.exit().isEmpty());
    life.ended(new ProcessLife.Exit(3, 1000));
    assertEquals(TaskStatus.STOPPED, life.status());
    assertEquals(1000, life.exit().orElseThrow().nanos());
    life.checkDeletable();
    life.onExit(exit -> told.add(exit.code() + 100));
    assertEquals(List.of(3, 103), told);
  }

  @Test
  void doesNotEndBeforeItsStartIsTold() throws RpcException {
    life.onExit(exit -> told.add(exit.code()));
    life.starting();
    life.ended(new ProcessLife.Exit(7, 0));
    assertFalse(life.isStopped());
    assertTrue(life.exit().isEmpty());
    life.started();
    assertTrue(life.isStopped());
    assertEquals(List.of(7), told);
  }

  @Test
  void endsOnce() throws RpcException {
    life.onExit(exit -> told.add(exit.code()));
    life.starting();
    life.started();
    life.ended(new ProcessLife.Exit(0, 0));
    life.ended(new ProcessLife.Exit(137, 0));
    assertEquals(List.of(0), told);
  }

  @Test
  void endsWithAFailedStart() throws RpcException {
    life.starting();
    life.startFailed(new ProcessLife.Exit(137, 0));
    assertEquals(137, life.exit().orElseThrow().code());
    ProcessLife other = new ProcessLife("other");
    other.starting();
    other.ended(new ProcessLife.Exit(127, 0));
    other.startFailed(new ProcessLife.Exit(137, 0));
    assertEquals(127, other.exit().orElseThrow().code());
  }

  @Test
  void refusesWhatDoesNotFit() throws RpcException {
    assertRefused("cannot pause container 'c', which is created", life::checkPausable);
    life.starting();
    assertRefused("cannot delete container 'c', which is starting", life::checkDeletable);
    life.started();
    assertRefused("cannot start container 'c', which is running", life::starting);
    assertRefused("cannot resume container 'c', which is running", life::checkResumable);
    assertRefused("cannot delete container 'c', which is running", life::checkDeletable);
    life.paused();
    assertRefused("cannot pause container 'c', which is paused", life::checkPausable);
    life.ended(new ProcessLife.Exit(0, 0));
    assertRefused("cannot start container 'c', which is stopped", life::starting);
  }

  private interface Step {
    void run() throws RpcException;
  }

  private static void assertRefused(String message, Step step) {
    RpcException refusal = assertThrows(RpcException.class, step::run);
    assertEquals(message, refusal.getMessage());
    assertEquals(Code.FAILED_PRECONDITION, refusal.code());
  }
}
