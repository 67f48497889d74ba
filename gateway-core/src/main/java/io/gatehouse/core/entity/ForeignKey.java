package io.gatehouse.core.entity;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The component holds the id of another entity. In the file it may be an id, a name, {@code {id}} or {@code {name}}; or the
 * entity stands inside the other one. A {@code @Nullable} component may be left out.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface ForeignKey {
    /** What it refers to. */
    EntityKind value();

    /** Whether the entity goes with the one that it refers to; else it keeps that from going, as in Kong. */
    boolean cascades() default true;
}
