package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Allowed length, both ends inclusive: characters of a string, elements of a list, set or map. Without it a string
 * has at least one character, as in Kong.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Length {
    /** Least allowed length. */
    int min() default 0;

    /** Greatest allowed length. */
    int max() default Integer.MAX_VALUE;
}
