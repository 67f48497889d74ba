package io.gatehouse.plugins.traffic.size;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Range;

/** The configuration of {@code request-size-limiting}: Kong's fields and Kong's meaning. */
@Doc("Refuses requests whose body is larger than a limit, with 413 (417 when the client asked first by `Expect:"
        + " 100-continue`). A body of unknown length is counted as it passes: it is cut off where it passes the limit, and"
        + " an upstream sees a request that breaks off, never a whole one.")
public record RequestSizeLimitingConfig(
        @Doc("The limit, in `size_unit`.") @Default("128") @Range(min = 0)
        int allowedPayloadSize,

        @Doc("The unit: 1, 1024 or 1048576 bytes.") @Default("megabytes")
        Unit sizeUnit,

        @Doc("Whether requests need a `Content-Length`, unless they are chunked; 411 without.") @Default("false")
        boolean requireContentLength) {
    /** What the size is counted in. */
    public enum Unit {
        /** 1,048,576 bytes. */
        MEGABYTES(1 << 20),
        /** 1,024 bytes. */
        KILOBYTES(1 << 10),
        /** One byte. */
        BYTES(1);

        private final int bytes;

        Unit(int bytes) {
            this.bytes = bytes;
        }
    }

    long maxBytes() {
        return (long) allowedPayloadSize * sizeUnit.bytes;
    }
}
