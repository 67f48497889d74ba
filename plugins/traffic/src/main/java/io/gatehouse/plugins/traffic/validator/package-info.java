/**
 * The {@code request-validator} plugin: requests that do not keep to a schema go no further.
 *
 * <p>{@link io.gatehouse.plugins.traffic.validator.Check} is a schema for one JSON value, in Kong's own language ({@link
 * io.gatehouse.plugins.traffic.validator.KongSchema}) or as JSON Schema ({@link
 * io.gatehouse.plugins.traffic.validator.DraftSchema}); {@link io.gatehouse.plugins.traffic.validator.Parameter} finds one
 * parameter of a request and makes such a value of it.
 *
 * <p>Thread rule: schemas are made once and immutable; an instance serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.validator;

import org.jspecify.annotations.NullMarked;
