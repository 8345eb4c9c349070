namespace Screening.Node.Configuration;

/// <summary>This node. <c>[node]</c></summary>
internal sealed record NodeOptions
{
    /// <summary>
    /// Name in replies to operators, logs and metrics; letters, digits, <c>. _ -</c>, 1..253 characters. Default: host name (myhostname).
    /// </summary>
    [Shaped("[A-Za-z0-9._-]{1,253}", "1 to 253 letters, digits, dots, dashes and underscores")]
    public string Name { get; init; } = "localhost";

    /// <summary>
    /// Folder of everything that this node writes (data_directory). Default: <c>/var/lib/screening</c> for root, else <c>./data</c>.
    /// </summary>
    [Shaped("[^\\x00-\\x1f]+", "a folder")]
    public string DataDir { get; init; } = "./data";
}
