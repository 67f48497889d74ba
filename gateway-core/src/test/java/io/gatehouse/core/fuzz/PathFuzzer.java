package io.gatehouse.core.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.routing.PathHandling;
import io.gatehouse.core.routing.RequestPath;
import io.gatehouse.core.routing.UpstreamPath;

/**
 * Any target of a request is refused, or has a path in a form that does not change any more, in which nothing leads out of
 * the root; and so has the path that its upstream is asked for.
 */
public final class PathFuzzer {
    private PathFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("/a/%2e%2e//b%2f?x".getBytes(UTF_8));
    }

    /** Called by the fuzzer, and for each file of the corpus by {@link FuzzCorpusTest}. */
    public static void fuzzerTestOneInput(byte[] data) {
        String target = new String(data, UTF_8);
        RequestPath read = RequestPath.of(target);
        if (read == null) {
            return;
        }
        String path = read.path();
        check(path, path);
        if (!path.equals(RequestPath.normalise(path))) {
            throw new AssertionError("normalised again it is another: " + path);
        }
        if (!(read.raw() + read.query()).equals(target)) {
            throw new AssertionError("raw path and query are not what came: " + read);
        }
        String escaped = UpstreamPath.escape(path);
        if (!escaped.equals(UpstreamPath.escape(escaped))) {
            throw new AssertionError("escaped again it is another: " + escaped);
        }
        for (int cut = 1; cut <= Math.min(path.length(), 20); cut++) {
            String matched = path.substring(0, cut);
            check(UpstreamPath.of("/up", matched, path, true, PathHandling.V0), path);
        }
    }

    private static void check(String path, String of) {
        if (!path.startsWith("/")) {
            throw new AssertionError("does not begin at the root: " + path);
        }
        int depth = 0;
        for (String segment : path.substring(1).split("/", -1)) {
            depth += segment.equals("..") ? -1 : 1;
            if (depth < 0 || (path.equals(of) && (segment.equals(".") || segment.equals("..")))) {
                throw new AssertionError("leads out of the root: " + path + " of " + of);
            }
        }
        if (path.equals(of) && path.contains("//")) {
            throw new AssertionError("has an empty segment: " + path);
        }
    }
}
