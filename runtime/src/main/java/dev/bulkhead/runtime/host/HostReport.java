package dev.bulkhead.runtime.host;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.util.List;

/** All that was found about the host. */
public record HostReport(List<Finding> findings) {
  // Under these sentences Kata's users look for what they call a capable host.
  private static final String KATA_CAPABLE = "System is capable of running Kata Containers\n";
  private static final String KATA_CREATES = "System can currently create Kata Containers\n";

  public HostReport {
    findings = List.copyOf(findings);
  }

  /** Whether containers can run. */
  public boolean capable() {
    return count(Finding.Level.FAIL) == 0;
  }

  /** Whether there is nothing to be done. */
  public boolean perfect() {
    return capable() && count(Finding.Level.WARNING) == 0;
  }

  private long count(Finding.Level level) {
    return findings.stream().filter(finding -> finding.level() == level).count();
  }

  /**
   * The report in lines, the verdict last.
   *
   * @param kata whether the program is called as Kata's is
   */
  public String text(boolean kata) {
    StringBuilder text = new StringBuilder(lines());
    if (!capable()) {
      return text.append("This host cannot run containers yet: see each 'fail' above.\n")
          .toString();
    }
    text.append("This host can run containers.\n");
    return text.append(kata ? KATA_CAPABLE + KATA_CREATES : "").toString();
  }

  /** The report in lines, without a verdict. */
  public String lines() {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(padded(finding.level().word(), 9)).append(padded(finding.subject(), 13));
      text.append(finding.words()).append('\n');
      if (!finding.remedy().isEmpty()) {
        text.append(" ".repeat(22)).append("-> ").append(finding.remedy()).append('\n');
      }
    }
    return text.toString();
  }

  private static String padded(String word, int width) {
    return word + " ".repeat(Math.max(1, width - word.length()));
  }

  /** The report as a JSON object. */
  public String json() {
    JsonArray checks = new JsonArray();
    for (Finding finding : findings) {
      JsonObject check = new JsonObject();
      check.put("subject", finding.subject());
      check.put("level", finding.level().word());
      check.put("found", finding.words());
      if (!finding.remedy().isEmpty()) {
        check.put("remedy", finding.remedy());
      }
      checks.add(check);
    }
    JsonObject report = new JsonObject();
    report.put("capable", capable());
    report.put("checks", checks);
    return JsonWriter.indent("  ").string().object(report).done() + "\n";
  }
}
