/** The bytes between the agent and the host: a stream in, frames to the server, frames out. */
package dev.bulkhead.agent.channel;
