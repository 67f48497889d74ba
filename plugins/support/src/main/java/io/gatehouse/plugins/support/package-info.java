/**
 * What several plugins need and the API need not have: a {@linkplain io.gatehouse.plugins.support.BatchQueue queue} in
 * front of something slow. No plugin itself; a plugin packages it into its own JAR.
 *
 * <p>Thread rules: a queue is filled from any event loop without waiting, and emptied on the gateway's worker threads.
 */
@NullMarked
package io.gatehouse.plugins.support;

import org.jspecify.annotations.NullMarked;
