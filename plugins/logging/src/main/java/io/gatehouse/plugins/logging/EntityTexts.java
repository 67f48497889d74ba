package io.gatehouse.plugins.logging;

import org.jspecify.annotations.Nullable;

/**
 * The JSON of routes, services and consumers, by identity: each is the same object from request to request until the
 * configuration changes. Bounded: what falls on a taken place takes it.
 *
 * <p>Any thread. A place is read and written without a lock: its content is immutable, and losing a race costs one more
 * writing.
 */
final class EntityTexts {
    private static final int PLACES = 512;

    private final @Nullable Text[] places = new Text[PLACES];

    private static final class Text {
        private final Object entity;
        private final byte[] json;

        Text(Object entity, byte[] json) {
            this.entity = entity;
            this.json = json;
        }
    }

    /** The text that was kept for an entity; null when there is none. Not to be changed. */
    byte @Nullable [] of(Object entity) {
        Text text = places[place(entity)];
        return text != null && text.entity == entity ? text.json : null;
    }

    /** Keeps a text. */
    byte[] keep(Object entity, byte[] json) {
        places[place(entity)] = new Text(entity, json);
        return json;
    }

    private static int place(Object entity) {
        int hash = System.identityHashCode(entity);
        return (hash ^ (hash >>> 9)) & (PLACES - 1);
    }
}
