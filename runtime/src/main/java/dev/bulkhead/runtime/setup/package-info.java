/**
 * From the configuration to what a command works with: the files that it names, the hypervisor, who
 * executes the guest, who serves its files.
 */
package dev.bulkhead.runtime.setup;
