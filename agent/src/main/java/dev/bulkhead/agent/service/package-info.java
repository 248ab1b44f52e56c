/**
 * The agent's side of the protocol with the host: each request of Kata's {@code grpc.AgentService}
 * and {@code grpc.Health}, checked and handed to the room that does it.
 */
package dev.bulkhead.agent.service;
