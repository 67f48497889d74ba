package io.gatehouse.api.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What is valid in Kong but not built here. It is refused by name, with what is supported instead, rather
 * than called unknown. On a record these are field names; on a string or enum component (or a collection
 * of them) these are values.
 *
 * <pre>{@code
 * @NotBuilt({"identity_realms", "principals"})
 * record KeyAuthConfig(...) {}
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface NotBuilt {
    /** Names of fields, or values. */
    String[] value();
}
