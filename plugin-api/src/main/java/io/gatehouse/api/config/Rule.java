package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A rule over several fields of a plugin's config, on its record: the gateway checks it before the factory's {@code validate}, and
 * tells it to clients of the Admin API, as Kong's {@code entity_checks}. Each annotation says one of {@link #atLeastOneOf}, {@link
 * #onlyOneOf}, and {@link #when} with {@link #is} and {@link #needs}. Fields are named as users write them, those of a record within
 * with a dot.
 *
 * <pre>{@code
 * @Rule(atLeastOneOf = {"minute", "hour"})
 * @Rule(when = "policy", is = "redis", needs = "redis.host")
 * record LimitConfig(...) {}
 * }</pre>
 *
 * <p>A field is set when it has a value that is no empty text, list or map.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Repeatable(Rule.All.class)
public @interface Rule {
    /** Of these fields at least one must be set. */
    String[] atLeastOneOf() default {};

    /** Of these fields just one must be set. */
    String[] onlyOneOf() default {};

    /** If this field has the value {@link #is}, the field {@link #needs} must be set. */
    String when() default "";

    /** The value, as users write it. */
    String is() default "";

    /** What must be set then. */
    String needs() default "";

    /** Several rules; written by the compiler. */
    @Documented
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface All {
        /** The rules in their order. */
        Rule[] value();
    }
}
