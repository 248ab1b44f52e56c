package dev.bulkhead.runtime.network;

import dev.bulkhead.runtime.config.InternetworkingModel;

/**
 * What the configuration says of networks.
 *
 * @param model how interfaces become the machine's
 * @param spareDevices how many network devices a machine has beyond one for each interface that is
 *     there when it boots, or beyond one if there is none yet
 * @param allowHost whether a container that asks for the host's network runs, without it
 */
public record NetworkSettings(InternetworkingModel model, int spareDevices, boolean allowHost) {}
