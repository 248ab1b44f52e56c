/**
 * Directly assigned volumes of running containers: how full they are, and that they grow. It may
 * use {@code sandbox}, {@code monitor} and the agent's messages.
 */
package dev.bulkhead.runtime.volume;
