/**
 * The container process: the small process on the host whose id the callers of an OCI runtime get.
 * It stands for a process in the guest: it sits in the container's network namespace and cgroup,
 * holds its streams or terminal, passes signals on and ends with its exit code. The process itself
 * uses {@code linux} only, so that it stays small; what starts it uses {@code cgroup} beside it,
 * too.
 */
package dev.bulkhead.runtime.stand;
