package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The value of a configuration field that the file leaves out, written as it would be in the file and
 * parsed to the type of the component.
 *
 * <p>A list or set takes one string per element. Without this annotation a component that the file
 * leaves out is {@code null} when it is {@code @Nullable}, an empty collection, a nested record with its
 * own defaults, or else the problem {@code required field missing}.
 *
 * <pre>{@code
 * record Config(
 *     @Default("apikey") List<String> keyNames,
 *     @Default(value = "true", kong310 = "false") boolean hideCredentials,
 *     @Default("60000") @Range(min = 1, max = 2147483646) int readTimeout) {}
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Default {
    /** The default; one string for a scalar, one per element for a list or set. */
    String[] value();

    /** The default under {@code compat: "3.10"} where Kong changed it since; empty means the same. */
    String[] kong310() default {};
}
