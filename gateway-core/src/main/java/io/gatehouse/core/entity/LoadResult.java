package io.gatehouse.core.entity;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import java.util.List;

/**
 * What reading a configuration yielded.
 *
 * @param config what could be read. With errors it is incomplete and must never run; it is there so that
 *     the plugins' own configs can be checked in the same go
 * @param problems all of them, by file, line and column
 */
public record LoadResult(DeclarativeConfig config, List<Problem> problems) {
    public LoadResult {
        problems = List.copyOf(problems);
    }

    /** Whether the configuration may take effect: there is no error, at most warnings. */
    public boolean ok() {
        return problems.stream().noneMatch(problem -> problem.severity() == Severity.ERROR);
    }
}
