/** Tests with a real containerd and its client ctr, as on a Kubernetes node but by hand. */
package dev.bulkhead.it.containerd;
