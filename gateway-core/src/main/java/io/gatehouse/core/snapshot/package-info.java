/**
 * Snapshots: one configuration, ready to serve. Built off the event loops, swapped by one volatile write, closed when
 * their last exchange has ended.
 *
 * <p>Thread rule: a snapshot is deeply immutable but for its leases; building and closing run on one thread at a time.
 */
@NullMarked
package io.gatehouse.core.snapshot;

import org.jspecify.annotations.NullMarked;
