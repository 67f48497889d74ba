/**
 * Plugins as JARs: finding, loading in isolation, checking, and the contexts they get.
 *
 * <p>Thread rule: catalogues are immutable once made; loading and every call of a factory run off the event loops.
 */
@NullMarked
package io.gatehouse.core.plugin;

import org.jspecify.annotations.NullMarked;
