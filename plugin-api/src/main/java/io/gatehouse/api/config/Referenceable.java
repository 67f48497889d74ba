package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The field may hold a vault reference such as {@code {vault://env/my-secret}}. A {@link Secret} always
 * may. Everywhere else such a text is plain data. On a list, set or map it holds for each element.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Referenceable {}
