/**
 * Kong's {@code redis} block, for all plugins of this module that share something between nodes.
 *
 * <p>Thread rule: immutable.
 */
@NullMarked
package io.gatehouse.plugins.traffic.redis;

import org.jspecify.annotations.NullMarked;
