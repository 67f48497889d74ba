package io.gatehouse.core.routing;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Candidates by the literal start of their path, as a tree in which every edge holds the text between two places where
 * candidates or branches are. Walking it along a request's path meets exactly the candidates whose start fits.
 *
 * <p>Immutable: a change makes the nodes on the way to its place anew and shares all others.
 */
final class PathTree<T> {
    private static final PathTree<?>[] NO_CHILDREN = {};
    private static final PathTree<?> EMPTY = new PathTree<>("", Candidates.none(), noChildren());

    private final String text;
    private final Candidates<T> candidates;
    private final PathTree<T>[] children;
    private final char[] firsts;

    /** Something filed at a place of the tree. */
    interface Candidate<T> {
        /** Its place in the order of priority. */
        Rank rank();

        /** A header without which the request is not for it; null when none is known. */
        @Nullable
        HeaderNeed need();

        /** Tells the search when the request is for it; whatever is meant by the place in the tree is so. */
        boolean offer(RequestFacts facts, RouteTable.Search<T> search);
    }

    private PathTree(String text, Candidates<T> candidates, PathTree<T>[] children) {
        this.text = text;
        this.candidates = candidates;
        this.children = children;
        firsts = new char[children.length];
        for (int i = 0; i < firsts.length; i++) {
            firsts[i] = children[i].text.charAt(0);
        }
    }

    /** A tree without candidates. */
    @SuppressWarnings("unchecked") // it holds nothing
    static <T> PathTree<T> empty() {
        return (PathTree<T>) EMPTY;
    }

    @SuppressWarnings("unchecked") // it holds nothing
    private static <T> PathTree<T>[] noChildren() {
        return (PathTree<T>[]) NO_CHILDREN;
    }

    /** Whether nothing is filed in it. */
    boolean isEmpty() {
        return candidates.isEmpty() && children.length == 0;
    }

    /**
     * The tree with a change at one place.
     *
     * @param start the literal start of paths
     * @param gone the ranks of those that are not filed there any more
     * @param fresh those that are from now on; one whose rank is there already is passed over
     */
    PathTree<T> with(String start, Set<Rank> gone, List<Candidate<T>> fresh) {
        return with(start, 0, gone, fresh);
    }

    @SuppressWarnings("ReferenceEquality") // a node that did not change is the same object
    private PathTree<T> with(String start, int depth, Set<Rank> gone, Collection<Candidate<T>> fresh) {
        if (depth == start.length()) {
            Candidates<T> changed = candidates.with(gone, fresh);
            return changed == candidates ? this : new PathTree<>(text, changed, children);
        }
        int at = index(start.charAt(depth));
        if (at < 0) {
            return fresh.isEmpty() ? this : inserted(-at - 1, leaf(start.substring(depth), fresh));
        }
        PathTree<T> child = children[at];
        int shared = 1;
        while (shared < child.text.length()
                && depth + shared < start.length()
                && child.text.charAt(shared) == start.charAt(depth + shared)) {
            shared++;
        }
        if (shared == child.text.length()) {
            PathTree<T> changed = child.with(start, depth + shared, gone, fresh);
            return changed == child ? this : replaced(at, changed);
        }
        if (fresh.isEmpty()) {
            return this;
        }
        PathTree<T> fork = new PathTree<>(child.text.substring(0, shared), Candidates.none(), noChildren());
        fork = fork.inserted(0, child.called(child.text.substring(shared)));
        return replaced(at, fork.with(start, depth + shared, gone, fresh));
    }

    private static <T> PathTree<T> leaf(String text, Collection<Candidate<T>> fresh) {
        return new PathTree<>(text, Candidates.<T>none().with(Set.of(), fresh), noChildren());
    }

    private PathTree<T> called(String other) {
        return new PathTree<>(other, candidates, children);
    }

    private PathTree<T> inserted(int at, PathTree<T> child) {
        PathTree<T>[] all = Arrays.copyOf(children, children.length + 1);
        System.arraycopy(children, at, all, at + 1, children.length - at);
        all[at] = child;
        return new PathTree<>(text, candidates, all);
    }

    /** With another child at a place; one that holds nothing goes, and one that only leads on becomes one with what follows. */
    private PathTree<T> replaced(int at, PathTree<T> child) {
        if (child.isEmpty()) {
            PathTree<T>[] left = Arrays.copyOf(children, children.length - 1);
            System.arraycopy(children, at + 1, left, at, left.length - at);
            return new PathTree<>(text, candidates, left);
        }
        PathTree<T>[] all = children.clone();
        all[at] = child.candidates.isEmpty() && child.children.length == 1
                ? child.children[0].called(child.text + child.children[0].text)
                : child;
        return new PathTree<>(text, candidates, all);
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
        int at = index(first);
        return at < 0 ? null : children[at];
    }

    /** Where the child with this first character is, or {@code -1 -} where it would be. */
    private int index(char first) {
        return Arrays.binarySearch(firsts, first);
    }
}
