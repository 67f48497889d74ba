package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Fields of a record that were moved into a record within it, and are still taken where they were: {@code redis_host} for {@code
 * redis.host}. The old name is that of the inner record, an underscore, and the field's. Where both are given, the new one
 * counts.
 *
 * <pre>{@code
 * @OldName(in = "redis", value = {"redis_host", "redis_port"})
 * record LimitConfig(RedisConfig redis) {}
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface OldName {
    /** The field that holds the inner record. */
    String in();

    /** The old names. */
    String[] value();
}
