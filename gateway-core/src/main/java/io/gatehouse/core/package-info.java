/**
 * The gateway as a whole: {@link io.gatehouse.core.Gateway} starts, reloads and stops it, {@link
 * io.gatehouse.core.Settings} says how, {@link io.gatehouse.core.Main} is the command line.
 *
 * <p>Threads: everything here is called from ordinary threads and may block; nothing here runs on an event loop.
 */
@NullMarked
package io.gatehouse.core;

import org.jspecify.annotations.NullMarked;
