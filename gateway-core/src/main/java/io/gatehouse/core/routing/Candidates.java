package io.gatehouse.core.routing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The candidates at one place of the tree. Where there are many, those that need a header with a certain value are found
 * by it, and the others are tried in order.
 */
final class Candidates<T> {
    private static final int MANY = 8;

    private static final Candidates<?> NONE = new Candidates<>(List.of(), List.of(), List.of());

    private final List<PathTree.Candidate<T>> all;
    private final PathTree.Candidate<T>[] others;
    private final ByHeader<T>[] byHeader;

    /** Candidates that need the same header, by its value. */
    private record ByHeader<T>(List<String> names, Map<String, PathTree.Candidate<T>[]> byValue) {}

    private Candidates(
            List<PathTree.Candidate<T>> all, List<PathTree.Candidate<T>> others, List<ByHeader<T>> byHeader) {
        this.all = all;
        this.others = array(others);
        this.byHeader = headers(byHeader);
    }

    /** No candidate. */
    @SuppressWarnings("unchecked") // it holds nothing
    static <T> Candidates<T> none() {
        return (Candidates<T>) NONE;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The same without some and with others; one whose rank is there already is passed over. */
    Candidates<T> with(Set<Rank> gone, Collection<PathTree.Candidate<T>> fresh) {
        SortedMap<Rank, PathTree.Candidate<T>> next = new TreeMap<>();
        for (PathTree.Candidate<T> candidate : all) {
            if (!gone.contains(candidate.rank())) {
                next.put(candidate.rank(), candidate);
            }
        }
        boolean same = next.size() == all.size();
        for (PathTree.Candidate<T> candidate : fresh) {
            same &= next.putIfAbsent(candidate.rank(), candidate) != null;
        }
        return same ? this : next.isEmpty() ? none() : of(List.copyOf(next.values()));
    }

    /** Those of a list that is in the order of priority. */
    private static <T> Candidates<T> of(List<PathTree.Candidate<T>> ordered) {
        if (ordered.size() < MANY) {
            return new Candidates<>(ordered, ordered, List.of());
        }
        List<PathTree.Candidate<T>> others = new ArrayList<>();
        Map<List<String>, Map<String, List<PathTree.Candidate<T>>>> needed = new LinkedHashMap<>();
        for (PathTree.Candidate<T> candidate : ordered) {
            HeaderNeed need = candidate.need();
            if (need == null) {
                others.add(candidate);
            } else {
                Map<String, List<PathTree.Candidate<T>>> byValue =
                        needed.computeIfAbsent(need.names(), names -> new HashMap<>());
                for (String value : need.values()) {
                    byValue.computeIfAbsent(value, key -> new ArrayList<>()).add(candidate);
                }
            }
        }
        List<ByHeader<T>> byHeader = new ArrayList<>();
        needed.forEach((names, byValue) -> {
            Map<String, PathTree.Candidate<T>[]> arrays = new HashMap<>();
            byValue.forEach((value, candidates) -> arrays.put(value, array(candidates)));
            byHeader.add(new ByHeader<>(names, arrays));
        });
        return new Candidates<>(ordered, others, byHeader);
    }

    @SuppressWarnings("unchecked")
    private static <T> PathTree.Candidate<T>[] array(List<PathTree.Candidate<T>> from) {
        return from.toArray((PathTree.Candidate<T>[]) new PathTree.Candidate<?>[0]);
    }

    @SuppressWarnings("unchecked")
    private static <T> ByHeader<T>[] headers(List<ByHeader<T>> from) {
        return from.toArray((ByHeader<T>[]) new ByHeader<?>[0]);
    }

    /** Offers every candidate that fits to the search. */
    void offer(RequestFacts facts, RouteTable.Search<T> search) {
        offer(others, facts, search);
        for (ByHeader<T> header : byHeader) {
            for (int i = 0; i < header.names().size(); i++) {
                String name = header.names().get(i);
                if (facts.header(name) != null) {
                    for (String value : facts.headers(name)) {
                        PathTree.Candidate<T>[] candidates = header.byValue().get(HeaderNeed.folded(value));
                        if (candidates != null) {
                            offer(candidates, facts, search);
                        }
                    }
                }
            }
        }
    }

    private static <T> void offer(PathTree.Candidate<T>[] candidates, RequestFacts facts, RouteTable.Search<T> search) {
        for (PathTree.Candidate<T> candidate : candidates) {
            if (!search.wants(candidate.rank()) || candidate.offer(facts, search)) {
                return;
            }
        }
    }
}
