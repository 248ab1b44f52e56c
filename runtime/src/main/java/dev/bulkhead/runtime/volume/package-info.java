/**
 * Directly assigned volumes of running containers: how full they are, and that they grow. It may
 * use {@code sandbox} with its disks, {@code monitor} and {@code container} beside it, {@code
 * linux} and the agent's messages.
 */
package dev.bulkhead.runtime.volume;
