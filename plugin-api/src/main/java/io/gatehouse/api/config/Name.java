package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The name in the file where it is not the one derived from Java: {@code snake_case} for a record
 * component, lower case for an enum constant.
 *
 * <pre>{@code
 * enum Algorithm { @Name("round-robin") ROUND_ROBIN, PRIORITY }
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
public @interface Name {
    /** The name as users write it. */
    String value();
}
