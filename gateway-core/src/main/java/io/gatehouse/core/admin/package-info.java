/**
 * The pages for operators: Admin API (8001) and Status API (8100).
 *
 * <p>They know the gateway through {@link io.gatehouse.core.admin.AdminView} only. Thread rules: handlers run on the event loop of
 * their own listener; whatever reads much (metrics) goes to a worker thread.
 */
@NullMarked
package io.gatehouse.core.admin;

import org.jspecify.annotations.NullMarked;
