namespace Screening.Node.Configuration;

/// <summary>This node.</summary>
internal sealed record NodeOptions
{
    [Setting("name in logs, status and verdicts; also accepted as Host of HTTP requests", Postfix = "`myhostname`",
        Default = "the host name", Example = "\"mx1.example.com\"")]
    [Shaped("[A-Za-z0-9._-]{1,253}", "1 to 253 letters, digits, dots, dashes and underscores")]
    public string Name { get; init; } = "localhost";

    [Setting("everything that the node writes, in files of mode 0640 or less. Made with mode 0750; the log warns of one that others can"
        + " use", Postfix = "`data_directory`",
        Default = "`/var/lib/screening` for root, else `./data`", Example = "\"/var/lib/screening\"")]
    [Shaped("[^\\x00-\\x1f]+", "a folder")]
    public string DataDir { get; init; } = "./data";
}
