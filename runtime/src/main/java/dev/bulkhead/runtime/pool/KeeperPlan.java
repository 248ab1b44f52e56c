package dev.bulkhead.runtime.pool;

import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.config.Configuration;
import java.util.Optional;

/**
 * What a keeper makes.
 *
 * @param share the directory of files that were installed with the program
 * @param root the directory of the state that does not outlive a boot
 * @param example a container whose limits tell the machine's size
 * @param use who is to take it
 */
record KeeperPlan(
    Configuration configuration, Optional<String> share, String root, Spec example, PoolUse use) {}
