/** Cgroups of the host, versions 1 and 2, as an OCI configuration names them. */
package dev.bulkhead.runtime.cgroup;
