package io.gatehouse.api.body;

import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the bytes of a body are compressed: the codings of {@code Content-Encoding} that {@link Body#decoded} undoes. */
public enum ContentCoding {
    /** Not at all. */
    IDENTITY,
    /** gzip (RFC 1952), in one member or several. */
    GZIP,
    /** deflate, in the zlib format (RFC 1950) or, as some servers send it, bare. */
    DEFLATE;

    /**
     * The coding of the body behind a head, by all of its {@code Content-Encoding} lines.
     *
     * @return null for what {@link #of(String)} does not know, several codings on lines of their own among it
     */
    public static @Nullable ContentCoding of(MultiMap headers) {
        String first = headers.get("Content-Encoding");
        if (first == null) {
            return IDENTITY;
        }
        List<String> all = headers.getAll("Content-Encoding");
        return of(all.size() == 1 ? first : String.join(",", all));
    }

    /**
     * The coding that the value of a {@code Content-Encoding} header names.
     *
     * @param header the header's value; null when there is none, which means {@link #IDENTITY}
     * @return null for a coding that is not known here, such as {@code br}, and for several at once: such bytes cannot be
     *     looked at
     */
    public static @Nullable ContentCoding of(@Nullable String header) {
        if (header == null) {
            return IDENTITY;
        }
        String name = header.strip();
        if (name.isEmpty() || name.equalsIgnoreCase("identity")) {
            return IDENTITY;
        }
        if (name.equalsIgnoreCase("gzip") || name.equalsIgnoreCase("x-gzip")) {
            return GZIP;
        }
        return name.equalsIgnoreCase("deflate") ? DEFLATE : null;
    }
}
