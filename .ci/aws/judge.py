"""judge.py MODEL CONFIG [access]: do the answers of the EKS that CONFIG leads to fit AWS's own description of them?

MODEL is AWS's published model of EKS (service-2.json). CONFIG is a config file of Watchfloor; every cluster in it with an
`eks` table is judged. Each answer is read as it came: a member that AWS does not know, a type or a word that it does not
allow, and a required member that is missing are faults. STS and Auto Scaling speak XML, which AWS's own Python library
reads here; what Watchfloor needs of it must be there."""

import datetime
import json
import pathlib
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.model import ServiceModel

faults = []
judged = 0


def fault(where, what):
    faults.append(f"{where}: {what}")


SCALARS = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def fit(value, shape, where):
    """Judges a value by its shape, all the way down. AWS leaves out what is not set; null stands for that."""
    if value is None:
        return
    kind = shape.type_name
    wanted = {"structure": dict, "map": dict, "list": list}.get(kind) or SCALARS.get(kind)
    if wanted is None:
        return
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean"):
        fault(where, f"{value!r} is no {kind}")
    elif kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                fault(where, f"{name} is missing")
        for name, inner in value.items():
            if name in shape.members:
                fit(inner, shape.members[name], f"{where}.{name}")
            else:
                fault(where, f"AWS knows no {name}")
    elif kind == "list":
        for number, inner in enumerate(value):
            fit(inner, shape.member, f"{where}[{number}]")
    elif kind == "map":
        for name, inner in value.items():
            fit(inner, shape.value, f"{where}[{name}]")
    elif kind == "string" and shape.enum and value not in shape.enum:
        fault(where, f"{value!r} is none of {', '.join(shape.enum)}")
    elif kind == "timestamp" and value > datetime.datetime.now().timestamp() + 60:
        fault(where, f"{value!r} lies in the future")


class Judge:
    def __init__(self, model, eks, keys):
        self.model = ServiceModel(model, "eks")
        self.url, self.keys = eks["endpoint_url"].rstrip("/"), keys
        self.region = eks["region"]

    def get(self, path):
        """One signed GET: the status, the kind of error and the JSON."""
        request = AWSRequest("GET", self.url + path, headers={"host": urllib.parse.urlsplit(self.url).netloc})
        SigV4Auth(self.keys, "eks", self.region).add_auth(request)
        sent = urllib.request.Request(self.url + path, headers=dict(request.headers))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(sent, timeout=20) as answer:
                return answer.status, "", json.load(answer)
        except urllib.error.HTTPError as error:
            body = json.loads(error.read() or b"{}")
            said = error.headers.get("x-amzn-errortype") or body.get("__type") or body.get("code") or ""
            return error.code, said.split(":")[0].split("#")[-1], body

    def good(self, operation, path):
        """An answer that must be good and fit its operation's shape."""
        global judged
        status, code, body = self.get(path)
        judged += 1
        if status != 200:
            fault(operation, f"{path} gave {status} {code}")
            return {}
        fit(body, self.model.operation_model(operation).output_shape, operation)
        return body

    def bad(self, operation, path, wanted):
        """An answer that must be one of the errors that AWS documents for the operation."""
        global judged
        status, code, body = self.get(path)
        judged += 1
        known = {shape.name: shape for shape in self.model.operation_model(operation).error_shapes}
        if code != wanted or code not in known:
            fault(operation, f"{path} gave {status} {code!r}, not {wanted}")
            return
        expected = known[code].metadata.get("error", {}).get("httpStatusCode")
        if expected and status != expected:
            fault(operation, f"{code} came with {status}, not {expected}")
        body = {name: inner for name, inner in body.items() if name not in ("__type", "code", "Message")}
        fit(body, known[code], f"{operation} {code}")

    def eks(self, name):
        """Every call that Watchfloor makes, and each one's usual refusal. Gives the Auto Scaling groups."""
        quoted = urllib.parse.quote(name, safe="")
        cluster = self.good("DescribeCluster", f"/clusters/{quoted}").get("cluster") or {}
        for need in ("name", "endpoint", "certificateAuthority", "status", "version"):
            if not cluster.get(need):
                fault("DescribeCluster", f"Watchfloor needs {need}")
        base = f"/clusters/{quoted}/node-groups"
        names, token = [], None
        while True:
            query = {"maxResults": 2, **({"nextToken": token} if token else {})}
            page = self.good("ListNodegroups", f"{base}?{urllib.parse.urlencode(query)}")
            names += page.get("nodegroups") or []
            token = page.get("nextToken")
            if not token:
                break
            if len(page["nodegroups"]) != 2:
                fault("ListNodegroups", "a page that is not the last is not full")
        if len(set(names)) != len(names):
            fault("ListNodegroups", "a node group is on two pages")
        whole = self.good("ListNodegroups", base).get("nodegroups") or []
        if sorted(whole) != sorted(names)[: len(whole)] and len(whole) < 100:
            fault("ListNodegroups", "pages of two hold other node groups than the usual ones")
        groups = []
        for group in whole:
            found = self.good("DescribeNodegroup", f"{base}/{urllib.parse.quote(group, safe='')}").get("nodegroup") or {}
            for need in ("nodegroupName", "status", "scalingConfig", "health", "resources"):
                if found.get(need) is None:
                    fault("DescribeNodegroup", f"{group}: Watchfloor needs {need}")
            groups += [one["name"] for one in (found.get("resources") or {}).get("autoScalingGroups") or []]
        if not whole:
            fault("ListNodegroups", "there are no node groups")
        self.bad("DescribeCluster", "/clusters/no-such-cluster", "ResourceNotFoundException")
        self.bad("DescribeNodegroup", f"{base}/no-such-group", "ResourceNotFoundException")
        return groups

    def pages(self, operation, path, name):
        """Every row of a list, two to a page."""
        rows, token = [], None
        while True:
            query = {"maxResults": 2, **({"nextToken": token} if token else {})}
            page = self.good(operation, f"{path}?{urllib.parse.urlencode(query)}")
            rows += page.get(name) or []
            token = page.get("nextToken")
            if not token:
                return rows
            if len(page[name]) != 2:
                fault(operation, "a page that is not the last is not full")

    def access(self, name):
        """Who may enter the cluster: what moto does not have."""
        base = f"/clusters/{urllib.parse.quote(name, safe='')}"
        entries = self.pages("ListAccessEntries", f"{base}/access-entries", "accessEntries")
        if len(entries) < 3 or len(set(entries)) != len(entries):
            fault("ListAccessEntries", f"{len(entries)} entries, some of them twice or too few for pages")
        for arn in entries:
            one = f"{base}/access-entries/{urllib.parse.quote(arn, safe='')}"
            entry = self.good("DescribeAccessEntry", one).get("accessEntry") or {}
            for need in ("principalArn", "type", "username", "createdAt"):
                if not entry.get(need):
                    fault("DescribeAccessEntry", f"{arn}: Watchfloor needs {need}")
            listed = self.pages("ListAssociatedAccessPolicies", f"{one}/access-policies", "associatedAccessPolicies")
            for policy in listed:
                if not policy.get("policyArn") or not policy.get("accessScope", {}).get("type"):
                    fault("ListAssociatedAccessPolicies", f"{arn}: a policy without an ARN or a scope")
        self.good("ListAccessPolicies", "/access-policies")
        path = f"{base}/pod-identity-associations"
        for one in self.pages("ListPodIdentityAssociations", path, "associations"):
            found = self.good("DescribePodIdentityAssociation", f"{path}/{one['associationId']}").get("association") or {}
            if not found.get("roleArn"):
                fault("DescribePodIdentityAssociation", f"{one['associationId']}: Watchfloor needs roleArn")
        config = (self.good("DescribeCluster", base).get("cluster") or {}).get("accessConfig") or {}
        if not config.get("authenticationMode"):
            fault("DescribeCluster", "Watchfloor needs accessConfig.authenticationMode")
        nobody = urllib.parse.quote("arn:aws:iam::111122223333:role/nobody", safe="")
        self.bad("DescribeAccessEntry", f"{base}/access-entries/{nobody}", "ResourceNotFoundException")
        self.role()

    def role(self):
        """The trust of a role, as AWS's own library reads it."""
        global judged
        iam = botocore.session.get_session().create_client(
            "iam",
            region_name=self.region,
            endpoint_url=self.url,
            aws_access_key_id=self.keys.access_key,
            aws_secret_access_key=self.keys.secret_key,
            aws_session_token=self.keys.token,
            config=Config(retries={"max_attempts": 0}, proxies={}),
        )
        role = iam.get_role(RoleName="ci-deploy")["Role"]
        judged += 1
        # The library undoes the percent signs and reads the JSON: what it could not read would be text.
        if not isinstance(role["AssumeRolePolicyDocument"], dict):
            fault("GetRole", "the trust policy is not what AWS's library can read")
        for need in ("Arn", "RoleId", "CreateDate", "MaxSessionDuration"):
            if not role.get(need):
                fault("GetRole", f"{need} is missing")
        try:
            iam.get_role(RoleName="nobody")
            fault("GetRole", "there is a role that nobody made")
        except iam.exceptions.NoSuchEntityException:
            judged += 1

    def xml(self, groups):
        """STS and Auto Scaling, as AWS's own library reads them."""
        global judged

        def client(service):
            return botocore.session.get_session().create_client(
                service,
                region_name=self.region,
                endpoint_url=self.url,
                aws_access_key_id=self.keys.access_key,
                aws_secret_access_key=self.keys.secret_key,
                aws_session_token=self.keys.token,
                config=Config(retries={"max_attempts": 0}, proxies={}),
            )

        who = client("sts").get_caller_identity()
        judged += 1
        for need in ("Account", "Arn", "UserId"):
            if not who.get(need):
                fault("GetCallerIdentity", f"{need} is missing")
        scaling = client("autoscaling")
        shape = scaling.meta.service_model.shape_for("ScalingActivityStatusCode")
        for group in groups[:20]:
            judged += 1
            found = scaling.describe_scaling_activities(AutoScalingGroupName=group, MaxRecords=10)
            times = [activity["StartTime"] for activity in found["Activities"]]
            if times != sorted(times, reverse=True):
                fault("DescribeScalingActivities", f"{group}: the newest do not come first")
            for activity in found["Activities"]:
                if activity["StatusCode"] not in shape.enum:
                    fault("DescribeScalingActivities", f"{activity['StatusCode']} is no status")
                for need in ("ActivityId", "AutoScalingGroupName", "Cause", "StartTime"):
                    if not activity.get(need):
                        fault("DescribeScalingActivities", f"{group}: {need} is missing")


def keys_of(eks, folder):
    """The keys of the file that the configuration names."""
    if "credentials_file" not in eks:
        return Credentials("testing", "testing")
    session = botocore.session.Session()
    session.set_config_variable("credentials_file", str(folder / eks["credentials_file"]))
    session.set_config_variable("config_file", str(folder / eks.get("config_file", "no-such-file")))
    session.set_config_variable("profile", eks.get("profile", "default"))
    return session.get_credentials().get_frozen_credentials()


def main():
    model = json.loads(pathlib.Path(sys.argv[1]).read_text())
    path = pathlib.Path(sys.argv[2])
    clusters = tomllib.loads(path.read_text()).get("cluster", [])
    tables = [one["eks"] for one in clusters if "endpoint_url" in one.get("eks", {})]
    if not tables:
        sys.exit(f"{path} leads to no EKS: nothing can be judged")
    for eks in tables:
        judge = Judge(model, eks, keys_of(eks, path.parent))
        judge.xml(judge.eks(eks["name"]))
        if "access" in sys.argv[3:]:
            judge.access(eks["name"])
    for one in faults[:60]:
        print(f"   {one}", file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} faults in {judged} answers")
    print(f"   {judged} answers fit AWS's own description of them")


main()
