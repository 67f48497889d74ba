package io.gatehouse.api;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks an API interface that plugin JARs may implement and list under {@code META-INF/services}. The gateway collects
 * the implementations from every JAR and hands them out through {@link FactoryContext#extensions}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface ExtensionPoint {}
