/**
 * Measurements for docs/performance.md: each prints a table of medians, side by side with what it
 * is compared to, in one run on one machine. Run by {@code make bench}; no test depends on them.
 */
package dev.bulkhead.it.bench;
