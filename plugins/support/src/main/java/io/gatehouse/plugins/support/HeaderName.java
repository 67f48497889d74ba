package io.gatehouse.plugins.support;

import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name of a header as a user wrote it. As in Kong, one with underscores means a header of just this name, or else the
 * one with hyphens in their places: {@code x_team} finds {@code X-Team}. Immutable; made once, for many requests.
 *
 * <pre>{@code
 * HeaderName team = HeaderName.of("x_team");
 * String value = team.first(request.headers());
 * }</pre>
 */
public final class HeaderName {
    private final String written;
    private final @Nullable String hyphenated;

    private HeaderName(String written, @Nullable String hyphenated) {
        this.written = written;
        this.hyphenated = hyphenated;
    }

    /** The name of this text. */
    public static HeaderName of(String written) {
        return new HeaderName(written, written.indexOf('_') < 0 ? null : written.replace('_', '-'));
    }

    /** The first value; null when there is none. */
    public @Nullable String first(MultiMap headers) {
        String value = headers.get(written);
        return value != null || hyphenated == null ? value : headers.get(hyphenated);
    }

    /** All values. */
    public List<String> all(MultiMap headers) {
        List<String> values = headers.getAll(written);
        return !values.isEmpty() || hyphenated == null ? values : headers.getAll(hyphenated);
    }

    /** Removes the header, under either name. */
    public void remove(MultiMap headers) {
        headers.remove(written);
        if (hyphenated != null) {
            headers.remove(hyphenated);
        }
    }

    /** The names by which the header may be found. */
    public List<String> names() {
        return hyphenated == null ? List.of(written) : List.of(written, hyphenated);
    }

    /** As the user wrote it. */
    @Override
    public String toString() {
        return written;
    }
}
