package dev.bulkhead.agent.container;

/** Told once how something that takes its time has ended. */
public interface Outcome {
  void succeeded();

  /** Why not, in one sentence. */
  void failed(String reason);
}
