/**
 * One exchange from its request head to its log: the chain, the exchange itself, and the finisher, which alone ends or
 * resets a client response.
 *
 * <p>Thread rule: everything of an exchange is confined to its event loop; plans, slots and plugin instances are
 * immutable and shared.
 */
@NullMarked
package io.gatehouse.core.exchange;

import org.jspecify.annotations.NullMarked;
