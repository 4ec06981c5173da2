package io.tidegate.shell.session;

import io.tidegate.shell.command.Completion;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives the line editor what the frame proposes. */
final class TreeCompleter implements Completer {

    private static final Logger LOG = LoggerFactory.getLogger(TreeCompleter.class);

    private final Completion completion;

    TreeCompleter(Completion completion) {
        this.completion = completion;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        List<String> before = line.words().subList(0, line.wordIndex());
        int bar = before.lastIndexOf("|");
        if (bar >= 0) {
            if (bar == before.size() - 1) {
                candidates.add(new Candidate("match"));
                candidates.add(new Candidate("count"));
            }
            return;
        }
        List<Completion.Proposal> proposals;
        try {
            proposals = completion.propose(before, line.word().substring(0, line.wordCursor()));
        } catch (IllegalStateException e) {
            LOG.info("no names to complete with", e); // a service failed; typing must go on
            return;
        }
        for (Completion.Proposal p : proposals) {
            String text = p.description().isEmpty() ? null : p.description();
            candidates.add(new Candidate(p.word(), p.word(), null, text, null, null, p.complete()));
        }
    }
}
