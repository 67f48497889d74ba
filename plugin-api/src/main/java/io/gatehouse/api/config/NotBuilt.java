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
 * <p>A field may be there when it says what holds without it, since dumps tell every default: null, false, {@code off}, an
 * empty list, or a record whose {@code enabled}, {@code strategy} or {@code auth_provider} says so; and what
 * {@link #defaults} name.
 *
 * <pre>{@code
 * @NotBuilt(value = {"identity_realms", "principals"}, defaults = "identity_realms.scope=cp")
 * record KeyAuthConfig(...) {}
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.TYPE})
public @interface NotBuilt {
    /** Names of fields, or values. */
    String[] value();

    /** What Kong puts where nothing is said, other than null, false or off: {@code field=value}, {@code field.inner=value}. */
    String[] defaults() default {};
}
