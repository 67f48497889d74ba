package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The file must give this field. Components that are neither {@code @Nullable} nor have a {@link Default}
 * are required anyway; this annotation is for nested records and collections, which otherwise count as
 * empty when left out.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT})
public @interface Required {}
