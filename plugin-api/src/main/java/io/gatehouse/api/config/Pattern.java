package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A regular expression ({@link java.util.regex.Pattern}) that the whole string matches. On a list, set or
 * map it holds for each element. A reference to a vault is not checked.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Pattern {
    /** The expression. */
    String value();

    /** What the user reads when the string does not match; empty means a text made from the expression. */
    String message() default "";
}
