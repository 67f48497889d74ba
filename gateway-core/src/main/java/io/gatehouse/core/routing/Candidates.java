package io.gatehouse.core.routing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The candidates at one place of the tree. Where there are many, those that need a header with a certain value are found
 * by it, and the others are tried in order.
 */
final class Candidates<T> {
    private static final int MANY = 8;

    private final PathTree.Candidate<T>[] others;
    private final ByHeader<T>[] byHeader;

    /** Candidates that need the same header, by its value. */
    private record ByHeader<T>(List<String> names, Map<String, PathTree.Candidate<T>[]> byValue) {}

    private Candidates(PathTree.Candidate<T>[] others, ByHeader<T>[] byHeader) {
        this.others = others;
        this.byHeader = byHeader;
    }

    static <T> Candidates<T> of(List<PathTree.Candidate<T>> all) {
        List<PathTree.Candidate<T>> ordered = new ArrayList<>(all);
        ordered.sort(Comparator.comparingInt(PathTree.Candidate::rank));
        if (ordered.size() < MANY) {
            return new Candidates<>(array(ordered), headers(List.of()));
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
        return new Candidates<>(array(others), headers(byHeader));
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
