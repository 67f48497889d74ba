package io.gatehouse.core.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Candidates by the literal start of their path, as a tree in which every edge holds the text between two places where
 * candidates or branches are. Walking it along a request's path meets exactly the candidates whose start fits.
 */
final class PathTree<T> {
    private final String text;
    private final Candidates<T> candidates;
    private final char[] firsts;
    private final PathTree<T>[] children;

    /** Something filed at a place of the tree. */
    interface Candidate<T> {
        /** The place in the order of priority, 0 is first. */
        int rank();

        /** A header without which the request is not for it; null when none is known. */
        @Nullable
        HeaderNeed need();

        /** Tells the search when the request is for it; whatever is meant by the place in the tree is so. */
        boolean offer(RequestFacts facts, RouteTable.Search<T> search);
    }

    private PathTree(String text, List<Candidate<T>> candidates, List<PathTree<T>> children) {
        this.text = text;
        this.candidates = Candidates.of(candidates);
        this.children = trees(children);
        firsts = new char[children.size()];
        for (int i = 0; i < firsts.length; i++) {
            firsts[i] = children.get(i).text.charAt(0);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> PathTree<T>[] trees(List<PathTree<T>> from) {
        return from.toArray((PathTree<T>[]) new PathTree<?>[0]);
    }

    /** Offers every candidate that fits to the search. */
    void search(RequestFacts facts, String path, RouteTable.Search<T> search) {
        PathTree<T> node = this;
        int at = 0;
        while (true) {
            node.candidates.offer(facts, search);
            PathTree<T> next = at < path.length() ? node.child(path.charAt(at)) : null;
            if (next == null || !path.startsWith(next.text, at)) {
                return;
            }
            at += next.text.length();
            node = next;
        }
    }

    private @Nullable PathTree<T> child(char first) {
        int low = 0;
        int high = firsts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (firsts[middle] < first) {
                low = middle + 1;
            } else if (firsts[middle] > first) {
                high = middle - 1;
            } else {
                return children[middle];
            }
        }
        return null;
    }

    /** Collects candidates before the tree is built. */
    static final class Builder<T> {
        private final TreeMap<String, List<Candidate<T>>> places = new TreeMap<>();
        private final Map<String, Object> last = new HashMap<>();

        /** Files a candidate; a route may name the same host or path twice, and its candidates come one after the other. */
        void add(String start, Object owner, Candidate<T> candidate) {
            if (last.put(start, owner) != owner) {
                places.computeIfAbsent(start, key -> new ArrayList<>()).add(candidate);
            }
        }

        PathTree<T> build() {
            return build("", 0, new ArrayList<>(places.entrySet()));
        }

        /**
         * The node for entries that share their first {@code depth} characters, sorted, of which {@code text} is the
         * last part.
         */
        private static <T> PathTree<T> build(
                String text, int depth, List<Map.Entry<String, List<Candidate<T>>>> entries) {
            List<Candidate<T>> here = new ArrayList<>();
            List<PathTree<T>> children = new ArrayList<>();
            int at = 0;
            if (!entries.isEmpty() && entries.get(0).getKey().length() == depth) {
                here.addAll(entries.get(0).getValue());
                at = 1;
            }
            while (at < entries.size()) {
                String first = entries.get(at).getKey();
                int end = at + 1;
                while (end < entries.size() && entries.get(end).getKey().charAt(depth) == first.charAt(depth)) {
                    end++;
                }
                String last = entries.get(end - 1).getKey();
                int shared = depth + 1;
                while (shared < first.length()
                        && shared < last.length()
                        && first.charAt(shared) == last.charAt(shared)) {
                    shared++;
                }
                children.add(build(first.substring(depth, shared), shared, entries.subList(at, end)));
                at = end;
            }
            return new PathTree<>(text, here, children);
        }
    }
}
