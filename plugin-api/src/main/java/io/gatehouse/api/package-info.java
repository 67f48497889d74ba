/**
 * The plugin API of Gatehouse: what a plugin author compiles against.
 *
 * <p>A plugin is a {@link io.gatehouse.api.PluginFactory} found by {@link java.util.ServiceLoader}. Its {@link
 * io.gatehouse.api.Plugin} acts by wrapping {@link io.gatehouse.api.Next} and observes in {@link
 * io.gatehouse.api.Plugin#log}. A first plugin needs these four: factory, plugin, next and {@link
 * io.gatehouse.api.Request}/{@link io.gatehouse.api.Response}.
 *
 * <p>Thread rules: everything that belongs to one exchange (request, response, bodies, exchange, next) is used on that
 * exchange's event loop only and must never block it. Factories are created, started and stopped off the event loops,
 * one call at a time.
 *
 * <p>Growth: interfaces that the gateway implements may gain methods, interfaces that authors implement gain default
 * methods only.
 */
@NullMarked
package io.gatehouse.api;

import org.jspecify.annotations.NullMarked;
