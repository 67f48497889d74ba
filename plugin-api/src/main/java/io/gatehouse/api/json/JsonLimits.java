package io.gatehouse.api.json;

/**
 * What a document may be like.
 *
 * @param maxDepth how many objects and arrays may stand inside each other, 1 to 100000
 */
public record JsonLimits(int maxDepth) {
    /** 512 levels. */
    public static final JsonLimits DEFAULT = new JsonLimits(512);

    /** Checks the range. */
    public JsonLimits {
        if (maxDepth < 1 || maxDepth > 100_000) {
            throw new IllegalArgumentException("maxDepth: " + maxDepth + " (expected: 1-100000)");
        }
    }
}
