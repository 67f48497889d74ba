package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Least and greatest allowed number, both inclusive. On a list, set or map it holds for each element. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Range {
    /** Least allowed value. */
    double min() default Double.NEGATIVE_INFINITY;

    /** Greatest allowed value. */
    double max() default Double.POSITIVE_INFINITY;
}
