package io.gatehouse.plugins.ai.proxy;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What a request was admitted with: the targets it may go to, bound to it. Belongs to one exchange.
 *
 * @param bounds by the index of the target; null for targets that are no candidates
 * @param candidates the indexes of those that are
 * @param suffix what follows the operation's own path, such as {@code /resp_1}; empty for a call that makes a model work
 * @param stream whether the answer is wanted as a stream
 * @param isWorking whether the call makes a model work, rather than ask for what was made before
 */
@SuppressWarnings("ArrayRecordComponent") // made and read in one place, never compared
record Admission(
        LlmTarget.@Nullable Bound[] bounds, BitSet candidates, String suffix, boolean stream, boolean isWorking) {
    LlmTarget.Bound bound(int index) {
        LlmTarget.Bound bound = bounds[index];
        if (bound == null) {
            throw new IllegalStateException("target " + index + ": no candidate");
        }
        return bound;
    }
}
